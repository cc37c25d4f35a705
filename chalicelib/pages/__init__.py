"""The pages that people open, and the JSON that programs get: values in, `Page` or JSON out. See README.md."""
