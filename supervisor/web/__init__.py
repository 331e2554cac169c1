"""HTTP connections, routes, authentication and the XML-RPC endpoint."""
