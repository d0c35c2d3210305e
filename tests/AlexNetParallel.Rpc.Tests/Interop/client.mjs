// A gRPC client in JavaScript (@grpc/grpc-js) that checks our server. Prints "ok NAME" or "FAIL NAME: ..." for each check.
// Usage: node client.mjs TARGET FOLDER-OF-SCRIPT.PROTO FOLDER-OF-EXCHANGE.PROTO

import assert from 'node:assert/strict';
import grpc from '@grpc/grpc-js';
import loader from '@grpc/proto-loader';

const [target, scriptFolder, exchangeFolder] = process.argv.slice(2);
const options = { keepCase: true, longs: String, defaults: true, includeDirs: [scriptFolder, exchangeFolder] };
const { alexnet } = grpc.loadPackageDefinition(loader.loadSync(['script.proto', 'exchange.proto'], options));
const unlimited = { 'grpc.max_receive_message_length': -1, 'grpc.max_send_message_length': -1 };
const script = new alexnet.tests.Script(target, grpc.credentials.createInsecure(), unlimited);
// A tensor stream needs a connection of its own.
const exchange = new alexnet.exchange.Exchange(target, grpc.credentials.createInsecure(), { ...unlimited, 'grpc.use_local_subchannel_pool': 1 });

/** A unary call: its response, error, headers and trailers. */
const unary = (note, metadata = new grpc.Metadata(), callOptions = {}) => new Promise(resolve => {
    const result = {};
    const call = script.Unary(note, metadata, callOptions, (error, response) => Object.assign(result, { error, response }));
    call.on('metadata', headers => { result.headers = headers; });
    call.on('status', status => { result.trailers = status.metadata; setImmediate(() => resolve(result)); });
});

/** All messages of a stream, and the error that ended it. */
const all = stream => new Promise(resolve => {
    const got = [];
    stream.on('data', message => got.push(message));
    stream.on('error', error => resolve({ got, error }));
    stream.on('end', () => setImmediate(() => resolve({ got })));
});

const checks = {
    async unaryEcho() {
        const { response } = await unary({ id: '5', text: 'hé', shape: ['1', '-2'], data: Buffer.from([0, 255]) });
        assert.equal(response.id, '5');
        assert.equal(response.text, 'hé');
        assert.deepEqual(response.shape, ['1', '-2']);
        assert.deepEqual([...response.data], [0, 255]);
    },
    async metadataBothWays() {
        const metadata = new grpc.Metadata();
        metadata.set('x-text', 'v1');
        metadata.set('x-data-bin', Buffer.from([1, 2, 255]));
        const { headers, trailers } = await unary({ text: 'metadata' }, metadata);
        assert.deepEqual(headers.get('h-text'), ['ahead']);
        assert.deepEqual([...headers.get('h-bytes-bin')[0]], [0, 255, 7]);
        assert.deepEqual(trailers.get('x-text'), ['v1']);
        assert.deepEqual([...trailers.get('x-data-bin')[0]], [1, 2, 255]);
    },
    async errorWithDetailsAndTrailers() {
        const { error } = await unary({ text: 'fail' });
        assert.equal(error.code, grpc.status.FAILED_PRECONDITION);
        assert.equal(error.details, 'bad ✓ 100%');
        assert.deepEqual(error.metadata.get('why'), ['because']);
    },
    async deadline() {
        const { error } = await unary({ text: 'sleep' }, new grpc.Metadata(), { deadline: Date.now() + 300 });
        assert.equal(error.code, grpc.status.DEADLINE_EXCEEDED);
    },
    async serverStreaming() {
        const { got, error } = await all(script.ServerStream({ count: 200, data: Buffer.alloc(5000) }));
        assert.equal(error, undefined);
        assert.deepEqual(got.map(note => note.id), Array.from({ length: 200 }, (_, i) => String(i)));
    },
    async errorAfterData() {
        const { got, error } = await all(script.ServerStream({ count: 2, text: 'fail' }));
        assert.equal(got.length, 2);
        assert.equal(error.code, grpc.status.ABORTED);
        assert.deepEqual(error.metadata.get('at'), ['2']);
    },
    async clientStreaming() {
        const sum = await new Promise((resolve, reject) => {
            const call = script.ClientStream((error, response) => error ? reject(error) : resolve(response.id));
            for (let i = 1; i <= 100; i++) call.write({ id: String(i), data: Buffer.alloc(1000) });
            call.end();
        });
        assert.equal(sum, '5050');
    },
    async duplex() {
        const call = script.Duplex();
        const echoed = all(call);
        for (let i = 0; i < 100; i++) call.write({ id: String(i), data: Buffer.alloc(i * i, i) });
        call.end();
        const { got, error } = await echoed;
        assert.equal(error, undefined);
        got.forEach((note, i) => assert.ok(note.id === String(i) && note.data.equals(Buffer.alloc(i * i, i))));
        assert.equal(got.length, 100);
    },
    async cancellation() {
        const call = script.ServerStream({ text: 'forever', count: 1 });
        call.once('data', () => call.cancel());
        const { error } = await all(call);
        assert.equal(error.code, grpc.status.CANCELLED);
    },
    async tooLongForTheServer() {
        const { error } = await unary({ data: Buffer.alloc(5 << 20) });
        assert.equal(error.code, grpc.status.RESOURCE_EXHAUSTED);
        assert.equal((await unary({ id: '1' })).response.id, '1');
    },
    async tensorOf44MB() {
        const payload = Buffer.alloc(44_000_000);
        for (let i = 0; i < payload.length; i += 4) payload.writeUInt32LE(i, i);
        const call = exchange.Open();
        const echoed = all(call);
        call.write({ slab: 3, tick: '7', payload });
        call.write({ slab: 4, tick: '1099511627776', payload: Buffer.alloc(0) });
        call.end();
        const { got, error } = await echoed;
        assert.equal(error, undefined);
        assert.ok(got[0].slab === 3 && got[0].tick === '7' && payload.equals(got[0].payload));
        assert.ok(got[1].slab === 4 && got[1].tick === '1099511627776' && got[1].payload.length === 0);
    },
};

let failures = 0;
for (const [name, check] of Object.entries(checks)) {
    try {
        await check();
        console.log(`ok ${name}`);
    } catch (error) {
        failures++;
        console.log(`FAIL ${name}: ${error.stack}`);
    }
}

script.close();
exchange.close();
process.exitCode = failures ? 1 : 0;
