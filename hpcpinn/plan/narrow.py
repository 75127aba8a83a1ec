"""Which networks are run side by side, and which one after the other on all devices."""

# Operations of a kernel below which its products do not fill the cores of a machine: N = 512 for u_xx at 128 rows and
# depth 3.
NARROW = 1.5e9


def is_narrow(flops: float) -> bool:
    """Whether networks with kernels of so many operations are run side by side.

    It depends on what is computed alone, never on devices, seeds or memory: the two ways differ in last bits.
    """
    return flops <= NARROW
