-- SPDX-License-Identifier: Apache-2.0
-- tool.lua: what tools that look at a configuration have in common: they read it as the gateway does, and write tables.

local config = use "config"

local tool = {}

-- Tells what is wrong; true: something is.
function tool.tell(host, file, problems)
  local bad = false
  for _, p in ipairs(problems) do
    if not p.warning then
      bad = true
      host.complain((p.line > 0 and file .. ":" .. p.line or file) .. ": " .. p.text)
      if p.hint then host.complain("    " .. p.hint) end
    end
  end
  return bad
end

-- What the configuration in `file` came to, and its problems; nil when it cannot be read, which was told.
function tool.read(host, file)
  local text, reason = host.read(file)
  if not text then
    host.complain(file .. ": " .. reason)
    return nil
  end
  host.text, host.folder = text, file:match("^(.*)/[^/]*$") or "."
  if host.folder == "" then host.folder = "/" end
  return config(host)
end

-- The clean tables of the configuration in `file`; nil when it has problems, which were told.
function tool.load(host, file)
  local clean, problems = tool.read(host, file)
  return clean and not tool.tell(host, file, problems) and clean or nil
end

-- What the library `name` made of the configuration in `file`, and the clean tables; nil when there is nothing, which
-- was told.
function tool.model(host, file, name)
  local clean = tool.load(host, file)
  if not clean then return nil end
  local model = clean._models[name]
  if model then return model, clean end
  host.complain(string.format("%s: has no words of %s: there is nothing to tell", file, name))
  host.complain(string.format('    write include "%s", and describe the pools by its words', name))
end

-- In columns, each as wide as its widest cell.
local function aligned(rows)
  local width = {}
  for _, row in ipairs(rows) do
    for i, cell in ipairs(row) do width[i] = math.max(width[i] or 0, #cell) end
  end
  return function(row)
    local out = {}
    for i, cell in ipairs(row) do out[i] = i < #row and cell .. (" "):rep(width[i] - #cell) or cell end
    return (table.concat(out, "  "):gsub(" +$", ""))
  end
end

-- Writes rows of cells, the first of which are the titles; `format` "tsv": with tabs between them, for programs.  An
-- empty cell is "-".
function tool.write(host, rows, format)
  for _, row in ipairs(rows) do
    for i, cell in ipairs(row) do row[i] = cell == "" and "-" or tostring(cell) end
  end
  local line = format == "tsv" and function(row) return table.concat(row, "\t") end or aligned(rows)
  for _, row in ipairs(rows) do host.write(line(row) .. "\n") end
end

-- 1800000 as "30m".
function tool.time(ms)
  for _, unit in ipairs { { 3600000, "h" }, { 60000, "m" }, { 1000, "s" } } do
    if ms % unit[1] == 0 and ms >= unit[1] then return ms // unit[1] .. unit[2] end
  end
  return ms .. "ms"
end

return tool
