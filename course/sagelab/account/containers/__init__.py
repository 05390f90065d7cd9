"""Local stand-ins of the images that AWS runs for Model Monitor and Clarify.

Each is started inside a processing job as `python -m sagelab.account.containers.<name>`: `model_monitor`
(AWS: sagemaker-model-monitor-analyzer), `groundtruth_merger` and `clarify`. The arithmetic lives in small modules
without input or output, so that a lesson or a test can call it; they import numpy and the standard library, and
load anything heavier only where it is used, because a monitoring execution is a fresh process.
"""
