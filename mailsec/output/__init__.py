"""Reports to text: human, plain, json."""
