"""What other libraries and programs do for us, in killable child processes with bounded memory and time."""
