from datetime import datetime


def file_name(kind):
    """Today's file of a kind of report."""
    return datetime.utcnow().strftime("%Y-%m-%d") + "-" + kind + ".csv"
