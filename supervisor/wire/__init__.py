"""BYTES <-> OBJECTS, without I/O: feed()/close(); how bytes are cut into chunks never matters."""
