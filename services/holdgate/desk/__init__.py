"""Service: the desk, web pages on which people see held payments and decide. It only appends events."""
