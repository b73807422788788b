"""Plays the `docker:dind` service of a job: TLS on port 2376 in front of a Docker socket.

Runs inside a container. /certs holds what dind would have made, by the test beforehand.
"""

import asyncio
import ssl
import sys


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Copy until the end, then close that direction only: Docker's streams are half-closed."""
    while chunk := await reader.read(65536):
        writer.write(chunk)
        await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()
    else:
        writer.close()


async def serve(socket: str) -> None:
    """Accept clients whose certificate the authority signed, for ever."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile="/certs/server/ca.pem")
    context.load_cert_chain("/certs/server/cert.pem", "/certs/server/key.pem")
    context.verify_mode = ssl.CERT_REQUIRED

    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        engine_reader, engine_writer = await asyncio.open_unix_connection(socket)
        await asyncio.gather(
            pump(reader, engine_writer), pump(engine_reader, writer), return_exceptions=True
        )
        engine_writer.close()
        writer.close()

    server = await asyncio.start_server(client, "0.0.0.0", 2376, ssl=context)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1]))
