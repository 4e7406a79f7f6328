import yaml


def load(text):
    """The settings in a text."""
    return yaml.load(text, Loader=yaml.Loader)
