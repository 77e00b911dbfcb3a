"""The restore drill, in a folder of its own: moto lists the functions of every stage that the process has deployed."""
