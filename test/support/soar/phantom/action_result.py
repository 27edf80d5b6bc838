"""The result of one action on one set of parameters."""


class ActionResult:
    def __init__(self, param):
        self.param, self.data, self.summary, self.status, self.message = param, [], {}, False, ""

    def add_data(self, item):
        self.data.append(item)

    def update_summary(self, summary):
        self.summary.update(summary)
        return self.summary

    def set_status(self, status, message=""):
        self.status, self.message = status, message
        return status
