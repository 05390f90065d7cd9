"""Makes one label of several people's answers; runs as a child process: `python -m ... REQUEST.json RESPONSE.json`.

votes.py   classes: Dawid and Skene's expectation maximisation (1979), which learns how far each worker can be trusted
boxes.py   bounding boxes: matched by their overlap, then averaged
spans.py   named entities: matched by their overlap, then the most frequent boundaries
images.py  the size of an image

AWS names these methods and keeps the details to itself; what is ours is said in each module. Where one worker
answered each object, every confidence is 0.0, as on AWS.
"""
