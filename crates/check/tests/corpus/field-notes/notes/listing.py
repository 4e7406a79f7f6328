def page_of(session, kind, page):
    rows = session.load(kind, page)
    result = []
    for row in rows:
        if row.visible and row.state == "open":
            entry = {"id": row.id, "title": row.title, "size": row.width * row.height}
            result.append(entry)
    if not result:
        return None
    result.sort(key=lambda entry: entry["size"], reverse=True)
    return result[:10]
