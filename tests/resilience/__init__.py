"""The running system is killed, and nothing is lost and nothing is sent twice."""
