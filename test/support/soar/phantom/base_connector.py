"""What an app's connector builds on."""


class BaseConnector:
    def __init__(self):
        self._asset, self._action, self._results, self._progress = {}, "", [], []

    def get_config(self):
        return self._asset

    def get_action_identifier(self):
        return self._action

    def get_container_id(self):
        return 42

    def add_action_result(self, result):
        self._results.append(result)
        return result

    def save_progress(self, words, *_more):
        self._progress.append(words)
