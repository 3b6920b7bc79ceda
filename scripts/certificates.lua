-- SPDX-License-Identifier: Apache-2.0
-- certificates.lua: lychgate --certificates: the names that each certificate must carry, and which of them its file
-- lacks.

local certificates = use "lync_certificates"
local tool = use "tool"

return function(host, arguments)
  local model, clean = tool.model(host, arguments[1], "lync")
  if not model then return 1 end
  local rows = { { "TLS", "FILE", "NAME", "CARRIED" } }
  for i, one in ipairs(certificates.carried(host, model, clean)) do
    rows[i + 1] = { one.tls, one.file, one.name, one.how }
  end
  tool.write(host, rows, arguments[2])
  return 0
end
