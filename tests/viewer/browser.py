"""A headless Chromium by chromedriver's WebDriver, without any library.  Pictures go to SHOTS."""
import base64, json, os, socket, subprocess, sys, tempfile, time, urllib.error, urllib.request

SHOTS = os.environ["SHOTS"]


class Browser:
    def __init__(self, width, height):
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            port = s.getsockname()[1]
        self.home = tempfile.TemporaryDirectory()
        self.driver = subprocess.Popen(["chromedriver", f"--port={port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, "HOME": self.home.name})
        self.url = f"http://127.0.0.1:{port}"
        for _ in range(200):
            try:
                if self.ask("GET", "/status")["ready"]:
                    break
            except OSError:
                time.sleep(0.05)
        args = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking", "--proxy-server=127.0.0.1:9",
                f"--window-size={width},{height}", f"--user-data-dir={self.home.name}/profile"]
        caps = {"goog:chromeOptions": {"args": args}, "goog:loggingPrefs": {"browser": "ALL"}}
        self.url += "/session/" + self.ask("POST", "/session", {"capabilities": {"alwaysMatch": caps}})["sessionId"]
        self.size(width, height)

    def ask(self, method, path, body=None):
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(self.url + path, data, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=60) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as e:
            sys.exit(f"{path}: {json.load(e)['value']['message'][:600]}")

    def size(self, width, height):
        self.ask("POST", "/goog/cdp/execute", {"cmd": "Emulation.setDeviceMetricsOverride", "params": {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}})

    def open(self, path):
        self.ask("POST", "/url", {"url": "file://" + path})
        self.wait("return document.documentElement.dataset.ready === '1'", "the page is ready")

    def run(self, js):
        return self.ask("POST", "/execute/sync", {"script": js, "args": []})

    def wait(self, js, what):
        for _ in range(200):
            if self.run(js):
                return
            time.sleep(0.05)
        self.shot("failed")
        sys.exit(f"not so: {what}: {js}")

    def click(self, css, nth=0):
        found = self.ask("POST", "/elements", {"using": "css selector", "value": css})
        if len(found) <= nth:
            self.shot("failed")
            sys.exit(f"nothing to click: {css}")
        self.ask("POST", f"/element/{list(found[nth].values())[0]}/click", {})

    def key(self, text):
        self.ask("POST", "/actions", {"actions": [{"type": "key", "id": "k", "actions": [{"type": "keyDown", "value": text}, {"type": "keyUp", "value": text}]}]})

    def hover(self, css):
        element = self.ask("POST", "/element", {"using": "css selector", "value": css})
        self.ask("POST", "/actions", {"actions": [{"type": "pointer", "id": "m", "parameters": {"pointerType": "mouse"}, "actions": [{"type": "pointerMove", "duration": 0, "origin": element, "x": 0, "y": 0}]}]})

    def drag(self, x):
        element = self.ask("POST", "/element", {"using": "css selector", "value": "#line"})
        moves = [{"type": "pointerMove", "duration": 0, "origin": element, "x": -200, "y": 0}, {"type": "pointerDown", "button": 0},
                 {"type": "pointerMove", "duration": 50, "origin": element, "x": x, "y": 0}, {"type": "pointerUp", "button": 0}]
        self.ask("POST", "/actions", {"actions": [{"type": "pointer", "id": "m", "parameters": {"pointerType": "mouse"}, "actions": moves}]})

    def shot(self, name):
        png = base64.b64decode(self.ask("GET", "/screenshot"))
        assert len(png) > 20000, name
        with open(os.path.join(SHOTS, name + ".png"), "wb") as f:
            f.write(png)

    def errors(self):
        return [e["message"] for e in self.ask("POST", "/se/log", {"type": "browser"}) if e["level"] in ("SEVERE", "WARNING")]

    def close(self):
        self.ask("DELETE", "")
        self.driver.terminate()
        self.driver.wait()
