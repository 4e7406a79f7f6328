from notes.photos import photos_of

print(photos_of(None, "photo", 1))
