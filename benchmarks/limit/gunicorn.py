"""Replaces gunicorn.conf.py, which stops servers other than Brain Log. The worker class is the same."""

worker_class = "operations.worker.Worker"
worker_connections = 500
control_socket_disable = True
