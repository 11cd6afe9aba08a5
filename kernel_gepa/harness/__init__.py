"""What judges, and what is judged: the driver is trusted, the worker is not, and they share bytes and one socket."""
