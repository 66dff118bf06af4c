# Sends COUNT calls through Segment's Python SDK and prints how many it delivered and how many it gave up.
import json
import os
import time

from segment.analytics.client import Client

count = int(os.environ["COUNT"])
failed = []

client = Client(
    os.environ["WRITE_KEY"], host=os.environ["HOST"], upload_size=5, upload_interval=0.1, max_retries=15,
    gzip=True, on_error=lambda error, items: failed.extend(items),
)
for step in range(count):
    mark = {"step": step, "by": "python"}
    if step % 5 == 0:
        client.identify("python", {"email": "python@example.com", **mark})
    elif step % 5 == 1:
        client.track("python", "Viewed", mark)
    elif step % 5 == 2:
        client.page("python", "Shop", "Home", mark)
    elif step % 5 == 3:
        client.screen("python", "Shop", "Start", mark)
    else:
        client.group("python", "acme", mark)
    time.sleep(0.02)
client.flush()
client.join()
print(json.dumps({"delivered": count - len(failed), "failed": len(failed)}))
