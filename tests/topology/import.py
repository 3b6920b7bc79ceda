# SPDX-License-Identifier: Apache-2.0
# import.py: lychctl import-topology.  Whole outputs beside the expected ones, in each form in which a topology comes;
# then documents and zips that are out to harm, each of which is refused with one line, in little memory.  What is
# written loads when it has been filled in, and not before.
# By hand, in the build folder: python3 ../tests/topology/import.py [--write]
import io
import itertools
import os
import pathlib
import re
import resource
import socket
import subprocess
import sys
import tempfile
import zipfile

here = pathlib.Path(__file__).resolve().parent
write = '--write' in sys.argv
failed = []
# The sanitizers reserve more than any limit of addresses would allow.
sanitized = any(word in pathlib.Path('lychctl').read_bytes() for word in (b'__asan_init', b'__tsan_init'))
MEMORY = 512 << 20


def check(what, good, said=''):
    if not good:
        failed.append(what)
        print(f'FAIL {what}\n{said}')


def confine():
    if not sanitized:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def run(data, name='topology.xml'):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / name
        path.write_bytes(data)
        r = subprocess.run(['./lychctl', 'import-topology', str(path)], capture_output=True, timeout=300,
                           preexec_fn=confine)
        return r.returncode, r.stdout.decode(), r.stderr.decode().replace(str(path), 'FILE')


def expect(name, data, status):
    got = run(data)
    for text, suffix in zip(got[1:], ('.conf', '.report')):
        file = here / (name + suffix)
        if write:
            file.write_text(text)
        check(f'{name}{suffix}', file.read_text() == text, text)
    check(f'{name}: exit {status}', got[0] == status, got)


def refused(what, data, words):
    status, out, err = run(data)
    good = status == 1 and out == '' and words in err and err.count('\n') == 1 and '\x9b' not in err
    check(what, good, (status, out[:200], err[:400]))


def zipped(*members):
    file = io.BytesIO()
    with zipfile.ZipFile(file, 'w', zipfile.ZIP_DEFLATED) as z:
        for name, data in members:
            z.writestr(name, data)
    return file.getvalue()


# ---- As they come ----

fixtures = {'enterprise-2013': 0, 'standard-2013': 0, 'enterprise-2019': 2, 'mixed-sites': 2}
for fixture, code in fixtures.items():
    expect(fixture, (here / (fixture + '.xml')).read_bytes(), code)

text = (here / 'standard-2013.xml').read_text()
plain = run(text.encode())
topology_ns = 'urn:schema:Microsoft.Rtc.Management.Deploy.Topology.2008'
declared = '<?xml version="1.0" encoding="utf-8"?>\n' + text
for what, data in {
    'UTF-8 with a mark': b'\xef\xbb\xbf' + declared.encode(),
    'UTF-16 of PowerShell': b'\xff\xfe' + text.encode('utf-16-le'),
    'UTF-16 that says utf-8': b'\xff\xfe' + declared.encode('utf-16-le'),
    'UTF-16 that says utf-16': b'\xff\xfe' + declared.replace('utf-8', 'utf-16').encode('utf-16-le'),
    'UTF-16 of the other end': b'\xfe\xff' + declared.encode('utf-16-be'),
    'a zip': zipped(('Other.xml', 'x'), ('DocItemSet.xml', declared)),
    'a zip of UTF-16': zipped(('DocItemSet.xml', b'\xff\xfe' + declared.encode('utf-16-le'))),
}.items():
    check(what, run(data) == plain, run(data))
expect('exported', zipped(('DocItemSet.xml', (here / 'exported.xml').read_bytes())), 0)

sixth = (here / 'standard-2013.xml').read_text().replace('0.0.0.0', '2001:db8::1')

# ---- Filled in ----


def loads(folder, text):
    (folder / 'lync.lua').write_text(text)
    return subprocess.run(['./lychgate', '-t', '-c', str(folder / 'lync.lua')], capture_output=True, timeout=120)


def load_all(folder):
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes',
                    '-days', '90',
                    '-subj', '/CN=pool.corp.example', '-keyout', folder / 'key.pem', '-out', folder / 'cert.pem'],
                   check=True, capture_output=True, timeout=60)
    addresses = itertools.count(1)

    def fill(match):
        if 'PEM' in match[1]:
            return f'"{folder}/{"key" if "its key" in match[1] else "cert"}.pem"'
        return '"owa1.corp.example"' if 'host name' in match[1] else f'"127.0.9.{next(addresses)}"'

    written = {name: (here / (name + '.conf')).read_text() for name in (*fixtures, 'exported')}
    written['v6'] = run(sixth.encode())[1]
    check('v6 in brackets', '= "[2001:db8::1]",' in written['v6'], written['v6'])
    for name, conf in written.items():
        r = loads(folder, re.sub(r'"FILL IN: ([^"]*)"', fill, conf))
        check(f'{name} loads when it is filled in', r.returncode == 0, r.stderr.decode()[-2000:])
        r = loads(folder, conf)
        check(f'{name} does not load before', r.returncode == 1 and b'FILL IN' in r.stderr, r.stderr[:400])


with tempfile.TemporaryDirectory() as place:
    load_all(pathlib.Path(place))

# ---- What is no topology ----

refused('empty', b'', 'empty')
refused('no XML', b'Get-CsTopology : not recognized\n', 'line 1')
refused('another document', b'<html xmlns="urn:x"/>', 'begins with <html> of "urn:x"')
refused('two topologies', f'<Both>{text}{text}</Both>'.encode(), '2 topologies')
builder = b'<TopologyBuilder xmlns="urn:schema:Microsoft.Rtc.Management.Deploy.TopologyBuilder.2008"/>'
refused('Topology Builder', builder, 'Builder')
refused('truncated', text[:len(text) // 2].encode(), 'line ')
refused('truncated UTF-16', b'\xff\xfe' + text.encode('utf-16-le')[:1001], 'line ')
refused('wrong encoding', text.replace('Branch', 'Br\xe4nch').encode('latin-1'), 'line 8')
refused('unknown encoding', b'<?xml version="1.0" encoding="x-none"?>' + text.encode(), 'line 1')

r = subprocess.run(['./lychctl', 'import-topology', '/'], capture_output=True, timeout=60)
check('a folder', r.returncode == 1 and r.stderr == b'lychctl: /: Is a directory\n', r)
for which in ('utf-16-le', 'utf-16-be'):
    refused('UTF-16 without a mark', text.encode(which), 'UTF-16 without a byte order mark')
refused('a control character in the reason', '<a xmlns="urn:x\x9b"/>'.encode(), 'line 1: ')
refused('a zip with nothing in it', zipped(), 'no member DocItemSet.xml')
refused('nothing in it', f'<Topology xmlns="{topology_ns}"/>'.encode(), 'no pools')

# ---- What contradicts itself ----

pool_of = re.compile(r'<Cluster .*?</Cluster>', re.S)
enterprise = (here / 'enterprise-2013.xml').read_text()
first = pool_of.search(enterprise)[0]
refused('two pools of one number', enterprise.replace(first, first + first).encode(),
        'two pools have the ClusterId 1:1: pool.corp.example and pool.corp.example')


def lost(what, data, words):
    status, out, err = run(data.encode())
    good = status == 2 and f'not taken over  {words}' in err and f'-- NOT TAKEN OVER: {words}' in out
    check(what, good, (status, out[:400], err))
    return out


services = re.search('<Services>(.*)</Services>', enterprise, re.S)[1]
twin = enterprise.replace(first, first + first.replace('ClusterId SiteId="1" Number="1"',
                                                       'ClusterId SiteId="1" Number="77"'))
twin = twin.replace('</Services>', services.replace('ClusterId SiteId="1" Number="1"',
                                                    'ClusterId SiteId="1" Number="77"')
                    + '</Services>', 1)
out = lost('two pools of one name', twin, 'pool.corp.example: the document has two pools of this name')
check('one of them is written', out.count('lync.front_end_pool') == 1, out)
machine = re.search('<Machine .*?</Machine>', first, re.S)[0]
out = lost('two machines of one name', enterprise.replace(machine, machine * 2),
           'pool.corp.example: the document has two machines fe01.corp.example')
check('one of them is a server', out.count('["fe01.corp.example"]') == 1, out)
lost('a pool without a name', text.replace('Fqdn="lync.corp.example"', ''), 'a pool: it has no name (Fqdn)')
lost('a pool without machines', re.sub('<Machine .*?</Machine>', '', text, flags=re.S),
     'lync.corp.example: it has no machines')
code, out, err = run(re.sub(' DiscoveryUrl="[^"]*"', '', enterprise).encode())
check('a farm without its URL', code == 0 and 'the name of the farm\n' in err, (code, err))

# ---- What is out to harm ----

laughs = '<!DOCTYPE l [<!ENTITY a "ha">'
for a, b in zip('abcdefgh', 'bcdefghi'):
    laughs += f'<!ENTITY {b} "' + f'&{a};' * 10 + '">'
for what, head in {
    'billion laughs': laughs + ']><l>&i;</l>',
    'parameter entities': '<!DOCTYPE l [<!ENTITY % a "<!ENTITY b \'x\'>"> %a;]><l>&b;</l>',
    'external entity': '<!DOCTYPE l [<!ENTITY a SYSTEM "file:///etc/passwd">]><l>&a;</l>',
    'external document type': '<!DOCTYPE l SYSTEM "http://127.0.0.1:9/l.dtd"><l/>',
}.items():
    refused(what, head.encode(), '<!DOCTYPE')
refused('undeclared entity', text.replace('>Branch<', '>&branch;<').encode(), "Entity 'branch'")
refused('deep', b'<a>' * 100000, 'deep')
refused('long attribute', b'<a b="' + b'x' * (9 << 20) + b'"/>', 'longer')
refused('too long an attribute for the library', b'<a b="' + b'x' * (20 << 20) + b'"/>', 'line ')
refused('long text', b'<a>' + b'x' * (9 << 20) + b'</a>', 'longer')
refused('many attributes', b'<a ' + b' '.join(b'a%d=""' % i for i in range(65)) + b'/>', 'attributes')
refused('many elements', b'<a>' + b'<b/>' * 250000 + b'</a>', 'elements')
refused('too long', b' ' * (33 << 20), '32 MiB')
refused('longer than any file', b' ' * (65 << 20), '64 MiB')
bomb = zipped(('DocItemSet.xml', b' ' * (200 << 20)))
refused('bomb', bomb, '32 MiB')
lies = bomb.replace((200 << 20).to_bytes(4, 'little'), (1000).to_bytes(4, 'little'))
refused('bomb that lies', lies, 'DocItemSet.xml')
refused('paths', zipped(*((folder + 'DocItemSet.xml', text) for folder in ('../', '/', 'a/'))), 'no member')
refused('twice', zipped(('DocItemSet.xml', text), ('DocItemSet.xmk', text)).replace(b'xmk', b'xml'), 'two members')
refused('many members', zipped(*((f'{i}', '') for i in range(1001))), '1000 members')
whole = zipped(('DocItemSet.xml', text))
refused('truncated zip', whole[:len(whole) // 2], 'zip')
refused('broken zip', whole[:80] + bytes(b ^ 0x55 for b in whole[80:120]) + whole[120:], 'DocItemSet.xml')
locked = bytearray(whole)
locked[6] |= 1
locked[whole.rindex(b'PK\1\2') + 8] |= 1
refused('encrypted', bytes(locked), 'encrypted')

# Nothing that it names is opened: whoever opened the pipe would wait for ever, and nobody connects.
with tempfile.TemporaryDirectory() as place, socket.create_server(('127.0.0.1', 0)) as server:
    pipe = pathlib.Path(place) / 'pipe'
    os.mkfifo(pipe)
    server.setblocking(False)
    for url in (f'http://127.0.0.1:{server.getsockname()[1]}/x', f'file://{pipe}', str(pipe)):
        for what in (f'<!DOCTYPE Topology SYSTEM "{url}">', f'<!DOCTYPE Topology PUBLIC "x" "{url}">',
                     f'<!DOCTYPE Topology [<!ENTITY % a SYSTEM "{url}"> %a;]>'):
            refused(what, (what + text).encode(), '<!DOCTYPE')
        said = run(f'<?xml-stylesheet href="{url}"?>{text}'.encode())
        check(f'a style sheet {url}', said == plain, said)
        include = (f'<i:include xmlns:i="http://www.w3.org/2001/XInclude" href="{url}"/>'
                   '<x xmlns:i="http://www.w3.org/2001/XMLSchema-instance" '
                   f'i:schemaLocation="urn:x {url}"/></Topology>')
        said = run(text.replace('</Topology>', include).encode())
        check(f'includes {url}', said == plain, said)
    try:
        server.accept()
        check('nobody connects', False)
    except BlockingIOError:
        pass

# What the document tells stays what it is: text, on one line.
evil = text.replace('>Branch<', '>x&#10;os.exit() --[[<').replace('"lync.corp.example"', '"a&quot;&#10;], b = {&#x9b;"')
code, out, err = run(evil.encode())
check('text stays text', 'os.exit' not in [l[:7] for l in out.splitlines()] and '\x9b' not in err
      and all(len(l) > 16 and l[14:16] == '  ' for l in err.splitlines()), (out, err))

# Whatever a name is, the text around it is the same.


def skeleton(data):
    status, out, _ = run(data.encode())
    check('it is written', status in (0, 2) and out != '', data[:200])
    return re.sub(r'"(?:[^"\\\n]|\\[0-9]{3})*"', '""', re.sub(r'^-- .*', '--', out, flags=re.M))


for sample in (text, enterprise):
    harmless = skeleton(sample.replace('corp.example', 'x'))
    for name in ('"]=1,os.exit(3)}--', "'..os.exit()..'", '--[[', ']]', '\\', '\\"', '%s%d%', '&#10;', '&#13;os.exit()',
                 '&#9;', '\u2028', '\x85', '\\z&#10;', 'FILL IN: ', '[[', '&#xFFFD;', '<', '&'):
        hidden = name if name.startswith('&#') else name.replace('&#10;', '\n').replace('&', '&amp;').replace('"',
            '&quot;')
        hidden = hidden.replace('<', '&lt;')
        got = skeleton(sample.replace('corp.example', hidden))
        check(f'the name {name!r}', got == harmless, got)

for arguments in ([], ['a', 'b']):
    r = subprocess.run(['./lychctl', 'import-topology', *arguments], capture_output=True, timeout=60)
    check(f'called with {arguments}', r.returncode == 2 and r.stdout == b'' and r.stderr != b'', r)
r = subprocess.run(['./lychctl', 'import-topology', '/nowhere/t.xml'], capture_output=True, timeout=60)
check('no such file', r.returncode == 1 and b'/nowhere/t.xml: No such file' in r.stderr, r)
sys.exit(f"{len(failed)} failed" if failed else 0)
