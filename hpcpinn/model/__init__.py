"""Jets, networks, problems and their sampling: the mathematics that has no kernel in it."""

from hpcpinn.model import precision as precision  # 64-bit numbers before anything here makes an array
