// Checks with a JOSE library that is not ours:
//   1. the grants that the quickstart signs verify, by a key id or by their certificate, and claim what Maskinporten's
//      documentation demands;
//   2. a grant that is signed here is accepted by the emulator, the exchange included, and its tokens verify;
//   3. every form of a new key is read here, and both halves of it are good for the other side.
//
//   node check.mjs QUICKSTART NEW_KEY EMULATOR     (the three programs, built)

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as jose from 'jose';

const [quickstart, newKey, emulator] = process.argv.slice(2);
const clientId = randomUUID();
const scopes = ['altinn:serviceowner/instances.read', 'altinn:serviceowner/instances.write'];
const grantType = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const folder = mkdtempSync(join(tmpdir(), 'jose-check-'));
const testKey = (name) => readFileSync(new URL(`../../crates/auth/tests/keys/${name}`, import.meta.url), 'utf8');

async function pair(alg) {
  const { privateKey, publicKey } = await jose.generateKeyPair(alg, { modulusLength: 2048, extractable: true });
  const kid = randomUUID();
  return { alg, kid, privateKey, publicKey, jwk: { ...(await jose.exportJWK(privateKey)), kid, alg, use: 'sig' },
    publicJwk: { ...(await jose.exportJWK(publicKey)), kid, alg, use: 'sig' } };
}

/**
 * Runs the quickstart against a Maskinporten that only listens, and gives the grant that it got.
 *
 * `key`: the variables that say which key it signs with.
 */
function grantOf(key) {
  return new Promise((ok, bad) => {
    const server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk) => (body += chunk));
      request.on('end', () => {
        const form = new URLSearchParams(body);
        response.writeHead(400, { 'content-type': 'application/json' });
        response.end(JSON.stringify({ error: 'invalid_request', error_description: 'seen enough' }));
        ok({ path: request.url, type: request.headers['content-type'], form, issuer: server.issuer });
      });
    });
    server.listen(0, '127.0.0.1', () => {
      server.issuer = `http://127.0.0.1:${server.address().port}/`;
      const env = { ...process.env, ...key, MASKINPORTEN_CLIENT_ID: clientId, ALTINN_ENVIRONMENT: server.issuer,
        RECEIVED_DIR: folder };
      const child = spawn(quickstart, { env, stdio: 'ignore' });
      child.on('error', bad);
      // It is refused, so it fails; what matters is that the grant came before.
      child.on('exit', (code) => { server.close(); bad(new Error(`it sent no grant, and ended with ${code}`)); });
    });
  });
}

/** Holds a grant against Maskinporten's documentation, and gives its header. */
async function verified(seen, alg, publicKey) {
  assert.equal(seen.path, '/token');
  assert.equal(seen.type, 'application/x-www-form-urlencoded');
  assert.equal(seen.form.get('grant_type'), grantType);
  const { payload, protectedHeader } = await jose.jwtVerify(seen.form.get('assertion'), publicKey,
    { issuer: clientId, audience: seen.issuer, algorithms: [alg], requiredClaims: ['iss', 'aud', 'iat', 'exp', 'jti', 'scope'] });
  assert.ok(payload.exp - payload.iat <= 120, `a life of ${payload.exp - payload.iat} s`);
  assert.deepEqual(payload.scope.split(' ').sort(), scopes);
  return protectedHeader;
}

async function ourGrantsVerify() {
  for (const alg of ['RS256', 'RS384', 'RS512']) {
    const key = await pair(alg), seen = await grantOf({ MASKINPORTEN_CLIENT_JWK: JSON.stringify(key.jwk) });
    const header = await verified(seen, alg, key.publicKey);
    assert.equal(header.kid, key.kid);
    assert.equal(header.x5c, undefined);
    console.log(`ok: a grant signed by us with ${alg} verifies`);
  }
}

const certificatePem = (base64) => `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----`;

async function ourGrantsVerifyByTheirCertificate() {
  const certificate = testKey('certificate.pem');
  const seen = await grantOf({ MASKINPORTEN_CLIENT_JWK: testKey('rsa-2048.pkcs8.pem') + certificate });
  const { kid, x5c } = jose.decodeProtectedHeader(seen.form.get('assertion'));
  assert.equal(kid, undefined);
  // The standard alphabet with padding (RFC 7515, 4.1.6), which is PEM's.
  assert.deepEqual(x5c, [certificate.replace(/-----[A-Z ]+-----|\s/g, '')]);
  await verified(seen, 'RS256', await jose.importX509(certificatePem(x5c[0]), 'RS256'));
  console.log('ok: a grant signed by us that shows a certificate verifies by its leaf');
}

function start(world) {
  return new Promise((ok, bad) => {
    const file = join(folder, 'world.json');
    writeFileSync(file, JSON.stringify(world));
    const child = spawn(emulator, ['--world', file], { stdio: ['ignore', 'pipe', 'inherit'] });
    child.on('error', bad);
    let text = '';
    child.stdout.on('data', (chunk) => {
      const url = (text += chunk).match(/http:\/\/127\.0\.0\.1:\d+\//)?.[0];
      if (url) ok({ url, stop: () => child.kill() });
    });
  });
}

/** That the emulator takes a grant which is signed here, and that the tokens it leads to verify. */
async function accepted({ alg, kid, privateKey, publicJwk }) {
  const { url, stop } = await start({ orgs: { ttd: { orgNumber: '405003309' } },
    clients: [{ clientId, orgNumber: '405003309', keys: [publicJwk], scopes }] });
  try {
    const assertion = await new jose.SignJWT({ scope: scopes.join(' '), jti: randomUUID() })
      .setProtectedHeader({ alg, kid }).setIssuer(clientId).setAudience(url).setIssuedAt()
      .setExpirationTime('100s').sign(privateKey);
    const answer = await fetch(`${url}token`, { method: 'POST', body: new URLSearchParams({ grant_type: grantType, assertion }) });
    assert.equal(answer.status, 200, await answer.clone().text());
    const { access_token: token } = await answer.json();
    const maskinporten = jose.createRemoteJWKSet(new URL(`${url}jwk`));
    const { payload } = await jose.jwtVerify(token, maskinporten, { issuer: url });
    assert.equal(payload.client_id, clientId);
    const exchange = await fetch(`${url}authentication/api/v1/exchange/maskinporten`, { headers: { authorization: `Bearer ${token}` } });
    assert.equal(exchange.status, 200);
    // The published n and e are standard base64, against the standard, so the key is taken from its certificate.
    const altinn = await exchange.text();
    const { keys } = await (await fetch(`${url}authentication/api/v1/openid/.well-known/openid-configuration/jwks`)).json();
    const certificate = keys.find((candidate) => candidate.kid === jose.decodeProtectedHeader(altinn).kid).x5c[0];
    const verified = await jose.jwtVerify(altinn, await jose.importX509(certificatePem(certificate), 'RS256'));
    assert.equal(verified.payload['urn:altinn:org'], 'ttd');
  } finally {
    stop();
  }
}

async function foreignGrantsAreAccepted() {
  for (const alg of ['RS256', 'RS384', 'RS512']) {
    await accepted(await pair(alg));
    console.log(`ok: a grant signed elsewhere with ${alg} is accepted, and the tokens verify`);
  }
}

const alg = 'RS256';

/** How each form of a new key's halves is read here; the public half of PEM has no `kid`, which stands beside it. */
const forms = {
  JWK: { switches: [],
    privateKey: (text) => jose.importJWK(JSON.parse(text)),
    publicKey: (text) => jose.importJWK(JSON.parse(text)),
    publicJwk: (text) => JSON.parse(text) },
  'base64 of the JWK': { switches: ['--base64'],
    privateKey: (text) => jose.importJWK(JSON.parse(Buffer.from(text, 'base64'))),
    publicKey: (text) => jose.importJWK(JSON.parse(text)),
    publicJwk: (text) => JSON.parse(text) },
  PEM: { switches: ['--pem'],
    privateKey: (text) => jose.importPKCS8(text, alg),
    publicKey: (text) => jose.importSPKI(text, alg),
    publicJwk: async (text, kid) => ({ ...(await jose.exportJWK(await jose.importSPKI(text, alg, { extractable: true }))), kid }) },
};

async function newKeysAreGoodForBothSides() {
  for (const [form, { switches, ...read }] of Object.entries(forms)) {
    const kid = randomUUID(), file = join(folder, `new-key-${kid}`);
    const publicText = execFileSync(newKey, [...switches, '--kid', kid, file], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    const privateText = readFileSync(file, 'utf8');
    const privateKey = await read.privateKey(privateText), publicKey = await read.publicKey(publicText);
    const publicJwk = await read.publicJwk(publicText, kid);
    assert.equal(privateKey.type, 'private');
    assert.equal(publicKey.type, 'public');
    assert.equal(publicJwk.kid, kid);
    for (const secret of ['d', 'p', 'q', 'dp', 'dq', 'qi']) assert.equal(publicJwk[secret], undefined);

    const signed = await new jose.SignJWT({ form }).setProtectedHeader({ alg, kid }).sign(privateKey);
    assert.equal((await jose.jwtVerify(signed, publicKey)).payload.form, form);
    const seen = await grantOf({ MASKINPORTEN_CLIENT_JWK: privateText, MASKINPORTEN_CLIENT_KID: kid });
    assert.equal((await verified(seen, alg, publicKey)).kid, kid);
    await accepted({ alg, kid, privateKey, publicJwk });
    console.log(`ok: a new key as ${form} signs here and with us, and its public half verifies both`);
  }
}

try {
  await ourGrantsVerify();
  await ourGrantsVerifyByTheirCertificate();
  await newKeysAreGoodForBothSides();
  await foreignGrantsAreAccepted();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
