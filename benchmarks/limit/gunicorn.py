"""Read in place of gunicorn.conf.py, which ends a server that is not Brain Log. The worker class is the same."""

worker_class = "operations.worker.Worker"
worker_connections = 500
control_socket_disable = True
