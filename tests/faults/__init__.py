"""The whole assistant when something fails: processes killed, mail refused, ports taken."""
