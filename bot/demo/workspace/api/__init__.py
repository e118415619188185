"""The Web API: the methods, a file for each family, and the door that they all go through."""
