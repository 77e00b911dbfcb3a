"""The world: what the domain asks for, each in a room named after the company or protocol it speaks with."""
