-- SPDX-License-Identifier: Apache-2.0
-- certificates.lua: lychgate --certificates: the names that each certificate must carry, and which of them its file
-- lacks.

local names = use "lync_names"
local tool = use "tool"

-- Whether a certificate's name is good for `name`: a star stands for one label.
local function covers(has, name)
  has, name = has:lower(), name:lower()
  return has == name or has:sub(1, 2) == "*." and name:match("^[^.]+(%..+)$") == has:sub(2)
end

-- How the certificate carries the name: "yes", or the star that covers it; nil: it does not.  The common name counts
-- only where there are no others.
local function carried(certificate, name)
  local by
  if #certificate == 0 and certificate.common and covers(certificate.common, name) then
    by = "by the common name alone, which new clients do not read"
  end
  for _, has in ipairs(certificate) do
    if has:lower() == name:lower() then return "yes" end
    if covers(has, name) then by = "by " .. has end
  end
  return by
end

local function rows_of(host, need, file, rows)
  local certificate, reason = host.certificate_names(file)
  local common = certificate and certificate.common
  local function add(name)
    local is_common = common and name:lower() == common:lower()
    local missing = is_common and "MISSING: it is the common name, but clients read the alternative names" or "MISSING"
    rows[#rows + 1] = { need.tls, file, name, not certificate and reason or carried(certificate, name) or missing }
    if is_common then common = nil end
  end
  for _, name in ipairs(need) do add(name) end
  if common and common:find(".", 1, true) and not carried(certificate, common) then add(common) end
end

return function(host, arguments)
  local model, clean = tool.model(host, arguments[1], "lync")
  if not model then return 1 end
  local files, rows = {}, { { "TLS", "FILE", "NAME", "CARRIED" } }
  for _, word in ipairs(clean.tls) do files[word.name] = word.certificate end
  for _, need in ipairs(names.needs(model)) do
    if files[need.tls] then rows_of(host, need, files[need.tls], rows) end
  end
  tool.write(host, rows, arguments[2])
  return 0
end
