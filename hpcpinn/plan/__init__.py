"""What has to be done: cells and seeds become tasks, arrays, chunks and costs. Integers and names only, no arrays."""
