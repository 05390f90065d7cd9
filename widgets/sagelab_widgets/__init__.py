"""The widgets of the course: each a thin view whose rules live elsewhere."""
