"""Random valid checkpoints, and random damage to them, for local torture; nothing of it is committed."""
