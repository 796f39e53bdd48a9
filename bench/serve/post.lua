-- wrk's requests: photos of the folder in PHOTOS, in turn, as a form's field FORM where that is set; a line of JSON at the end.
local photos = {}
for path in io.popen('find "' .. os.getenv("PHOTOS") .. '" -name "*.jp*g" | sort | head -200'):lines() do
  local file = io.open(path, "rb")
  photos[#photos + 1] = file:read("*a")
  file:close()
end
local form = os.getenv("FORM")
local headers = {["Content-Type"] = form and "multipart/form-data; boundary=photo-boundary" or "image/jpeg"}
if form then
  for i, photo in ipairs(photos) do
    photos[i] = '--photo-boundary\r\nContent-Disposition: form-data; name="' .. form .. '"; filename="a.jpg"\r\nContent-Type: image/jpeg\r\n\r\n'
      .. photo .. "\r\n--photo-boundary--\r\n"
  end
end
local at = 0

function request()
  at = at % #photos + 1
  return wrk.format("POST", "/v1/classify", headers, photos[at])
end

function done(summary, latency)
  local e = summary.errors
  local kinds = string.format('{"connect": %d, "read": %d, "write": %d, "status": %d, "timeout": %d}', e.connect, e.read, e.write,
    e.status, e.timeout)
  print(string.format('{"requests": %d, "seconds": %.6f, "p50_ms": %.3f, "p99_ms": %.3f, "errors": %d, "kinds": %s}', summary.requests,
    summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, e.connect + e.read + e.write + e.status + e.timeout, kinds))
end
