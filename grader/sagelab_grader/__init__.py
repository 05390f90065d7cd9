"""What an instructor needs beside nbgrader."""
