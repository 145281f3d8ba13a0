"""The stage that reads documents: files of many formats into sections of Markdown."""
