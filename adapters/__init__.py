"""The world: every capability the domain asks for, each in one room named after the company or protocol it speaks with."""
