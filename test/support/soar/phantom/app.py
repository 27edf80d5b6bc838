"""What actions answer with."""

APP_SUCCESS = True
APP_ERROR = False
