// Two checks with a JOSE library that is not ours:
//   1. the grant that the quickstart signs verifies, and claims what Maskinporten's documentation demands;
//   2. a grant that is signed here is accepted by the emulator, the exchange included, and its tokens verify.
//
//   node check.mjs QUICKSTART EMULATOR     (the two programs, built)

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as jose from 'jose';

const [quickstart, emulator] = process.argv.slice(2);
const clientId = randomUUID();
const scopes = ['altinn:serviceowner/instances.read', 'altinn:serviceowner/instances.write'];
const grantType = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const folder = mkdtempSync(join(tmpdir(), 'jose-check-'));

async function pair(alg) {
  const { privateKey, publicKey } = await jose.generateKeyPair(alg, { modulusLength: 2048, extractable: true });
  const kid = randomUUID();
  return { alg, kid, privateKey, publicKey, jwk: { ...(await jose.exportJWK(privateKey)), kid, alg, use: 'sig' },
    publicJwk: { ...(await jose.exportJWK(publicKey)), kid, alg, use: 'sig' } };
}

/** Runs the quickstart against a Maskinporten that only listens, and gives the grant that it got. */
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
      const env = { ...process.env, MASKINPORTEN_CLIENT_ID: clientId, MASKINPORTEN_CLIENT_JWK: JSON.stringify(key.jwk),
        ALTINN_ENVIRONMENT: server.issuer, RECEIVED_DIR: folder };
      const child = spawn(quickstart, { env, stdio: 'ignore' });
      child.on('error', bad);
      child.on('exit', (code) => { server.close(); if (code === 0) bad(new Error('it should have failed')); });
    });
  });
}

async function ourGrantsVerify() {
  for (const alg of ['RS256', 'RS384', 'RS512']) {
    const key = await pair(alg), seen = await grantOf(key);
    assert.equal(seen.path, '/token');
    assert.equal(seen.type, 'application/x-www-form-urlencoded');
    assert.equal(seen.form.get('grant_type'), grantType);
    const { payload, protectedHeader } = await jose.jwtVerify(seen.form.get('assertion'), key.publicKey,
      { issuer: clientId, audience: seen.issuer, algorithms: [alg], requiredClaims: ['iss', 'aud', 'iat', 'exp', 'jti', 'scope'] });
    assert.equal(protectedHeader.kid, key.kid);
    assert.ok(payload.exp - payload.iat <= 120, `a life of ${payload.exp - payload.iat} s`);
    assert.deepEqual(payload.scope.split(' ').sort(), scopes);
    console.log(`ok: a grant signed by us with ${alg} verifies`);
  }
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

async function foreignGrantsAreAccepted() {
  for (const alg of ['RS256', 'RS384', 'RS512']) {
    const key = await pair(alg);
    const { url, stop } = await start({ orgs: { ttd: { orgNumber: '405003309' } },
      clients: [{ clientId, orgNumber: '405003309', keys: [key.publicJwk], scopes }] });
    try {
      const assertion = await new jose.SignJWT({ scope: scopes.join(' '), jti: randomUUID() })
        .setProtectedHeader({ alg, kid: key.kid }).setIssuer(clientId).setAudience(url).setIssuedAt()
        .setExpirationTime('100s').sign(key.privateKey);
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
      const { kid } = jose.decodeProtectedHeader(altinn);
      const certificate = keys.find((candidate) => candidate.kid === kid).x5c[0];
      const pem = `-----BEGIN CERTIFICATE-----\n${certificate}\n-----END CERTIFICATE-----`;
      const verified = await jose.jwtVerify(altinn, await jose.importX509(pem, 'RS256'));
      assert.equal(verified.payload['urn:altinn:org'], 'ttd');
      console.log(`ok: a grant signed elsewhere with ${alg} is accepted, and the tokens verify`);
    } finally {
      stop();
    }
  }
}

try {
  await ourGrantsVerify();
  await foreignGrantsAreAccepted();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
