# Runs the client_test.py of a checkout of eclipse/paho.mqtt.testing against our broker: folder, port, user, password.
# Its clients know no password, and it takes neither that nor the host from a command line that unittest would leave
# alone: so both are filled in where its client connects. Each test ends in one line of JSON.
import json
import os
import runpy
import sys
import unittest

folder, port, user, password = sys.argv[1:5]
os.chdir(folder)
sys.path.insert(0, folder)

from mqtt.clients.V311 import main as client  # noqa: E402

connect = client.Client.connect


def connect_as_user(self, *args, **kwargs):
    kwargs.update(host="127.0.0.1", port=int(port), username=user, password=password.encode())
    return connect(self, *args, **kwargs)


client.Client.connect = connect_as_user


class Report(unittest.TextTestResult):
    def tell(self, test, outcome):
        print("RESULT " + json.dumps({"test": getattr(test, "_testMethodName", str(test)), "outcome": outcome}), flush=True)

    def addSuccess(self, test):
        super().addSuccess(test)
        self.tell(test, "passed")

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.tell(test, "failed")

    def addError(self, test, err):
        super().addError(test, err)
        self.tell(test, "failed")

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.tell(test, "skipped")


def run_all(*_, **__):
    case = sys._getframe(1).f_globals["Test"]
    names = unittest.TestLoader().getTestCaseNames(case)
    # Written as a test, but not named as one.
    names += [name for name in ("will_message_test",) if hasattr(case, name)]
    suite = unittest.TestSuite(case(name) for name in names)
    unittest.TextTestRunner(resultclass=Report).run(suite)


unittest.main = run_all
sys.argv = ["client_test.py"]
runpy.run_path("client_test.py", run_name="__main__")
