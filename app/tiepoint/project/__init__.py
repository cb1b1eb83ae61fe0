"""The document, its edits and its file: undo, saving without loss, opening without trust."""
