"""FastAPI: uvicorn peer_fastapi:app --workers N, settings as peer_network says."""

from fastapi import FastAPI, Request
from starlette.concurrency import run_in_threadpool

from peer_network import answer, session, tensor

app = FastAPI()
network = session()


def classify_photo(photo):
    return answer(network.run(None, {"input": tensor(photo)[None]})[0][0])


@app.post("/v1/classify")
async def classify(request: Request):
    return await run_in_threadpool(classify_photo, await request.body())


@app.get("/v2/health/ready")
async def ready():
    return {"ready": True}
