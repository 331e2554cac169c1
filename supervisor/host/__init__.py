"""THE ONLY PLACE FOR SYSTEM CALLS on processes, users, sockets and signals."""
