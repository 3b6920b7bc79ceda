-- SPDX-License-Identifier: Apache-2.0
-- topology.lua: lychctl import-topology FILE.  The configuration goes to the standard output, the report to the
-- standard error.

local plain = use("topology_text").plain
local read = use "topology_read"
local write = use "topology_write"

local member = "DocItemSet.xml" -- of the zip of Export-CsConfiguration

local function load_document(host, path)
  local text, reason = host.read(path)
  if not text then return nil, reason end
  local unpacked
  unpacked, reason = host.unzip(text, member)
  if unpacked == nil then return nil, reason end
  local document
  document, reason = host.xml(unpacked or text)
  if not document then return nil, unpacked and member .. ": " .. reason or reason end
  return document
end

-- As wide as the longest, so that the report can be read down.
local titles = {
  taken = "taken over", fill = "to fill in", out = "left out", part = "in part", lost = "not taken over",
}

local function report(host, lines)
  local lost = 0
  for _, l in ipairs(lines) do
    if l.kind == "lost" or l.kind == "part" then lost = lost + 1 end
    host.complain(string.format("%-14s  %s: %s", titles[l.kind], l.of, l.text))
  end
  return lost
end

return function(host, arguments)
  if #arguments ~= 1 then
    host.complain("usage: lychctl import-topology FILE\n"
      .. "FILE is what Get-CsTopology -AsXml prints, or the zip of Export-CsConfiguration")
    return 2
  end
  local document, reason = load_document(host, arguments[1])
  local topology
  if document then topology, reason = read(document) end
  if not topology then
    host.complain(string.format("lychctl: %s: %s", arguments[1], plain(reason)))
    return 1
  end
  local text, lines = write(topology)
  host.write(text)
  return report(host, lines) > 0 and 2 or 0
end
