-- PUTs of registrations over all devices in turn, each with another user and another token, so every one changes
-- state, the unique index of tokens included. Arguments: how many devices, a name that no other run has, and the
-- number of the first device.
local devices, run, count

function init(args)
  devices, run, count = tonumber(args[1]), args[2], tonumber(args[3])
end

function request()
  count = count + 1
  local device = "bench-" .. count % devices
  local body = string.format(
    '{"deviceId":"%s","userId":"user-%d","token":"token-%s-%d-0123456789abcdef0123456789abcdef"}',
    device, count, run, count)
  return wrk.format("PUT", wrk.path .. "/" .. device, nil, body)
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    'RESULT {"answered":%d,"refused":%d,"broken":%d,"seconds":%.6f,"p50":%.1f,"p99":%.1f}\n',
    summary.requests, errors.status, errors.connect + errors.read + errors.write + errors.timeout,
    summary.duration / 1e6, latency:percentile(50), latency:percentile(99)))
end
