"""A Jupyter course on Amazon SageMaker that needs no AWS account."""
