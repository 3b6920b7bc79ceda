-- SPDX-License-Identifier: Apache-2.0
-- lync_certificates.lua: which of the names that certificates must carry, by lync_names.lua, they carry and which they
-- lack: for lychgate --certificates, and as warnings of each configuration.

local names = use "lync_names"

local certificates = {}

local TOLD = 4 -- names in a warning

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

-- A list of { tls, file, name, how, lacks: it is missing } of what one `tls` word needs; a file that cannot be read
-- lacks nothing, and `how` says why.
local function look(host, need, file, list)
  local certificate, reason = host.certificate_names(file)
  local common = certificate and certificate.common
  local function add(name)
    local is_common = common and name:lower() == common:lower()
    local how = not certificate and reason or carried(certificate, name)
    list[#list + 1] = { tls = need.tls, file = file, name = name, lacks = not how, how = how or
      (is_common and "MISSING: it is the common name, but clients read the alternative names" or "MISSING") }
    if is_common then common = nil end
  end
  for _, name in ipairs(need) do add(name) end
  if common and common:find(".", 1, true) and not carried(certificate, common) then add(common) end
end

-- Of all `tls` words of the clean tables that the model's pools have, in its order.
function certificates.carried(host, model, clean)
  local files, list = {}, {}
  for _, word in ipairs(clean.tls) do files[word.name] = word.certificate end
  for _, need in ipairs(names.needs(model)) do
    if files[need.tls] then look(host, need, files[need.tls], list) end
  end
  return list
end

-- Warns of each certificate that lacks names.
function certificates.check(c, model, clean)
  local lacks, lines = {}, {}
  for _, word in ipairs(clean.tls) do lines[word.name] = word.lines.certificate end
  for _, one in ipairs(certificates.carried(c.host, model, clean)) do
    local list = lacks[one.tls]
    if one.lacks and not list then
      list = { tls = one.tls }
      lacks[one.tls], lacks[#lacks + 1] = list, list
    end
    if one.lacks then list[#list + 1] = one.name end
  end
  for _, list in ipairs(lacks) do
    local more = #list > TOLD and string.format(" and %d more", #list - TOLD) or ""
    c:warn({ line = lines[list.tls], label = string.format('tls "%s"', list.tls) },
      "the certificate lacks " .. table.concat(list, ", ", 1, math.min(#list, TOLD)) .. more,
      "lychgate --certificates lists all names that it must carry")
  end
end

return certificates
