"""Commands: `python -m app serve | web | worker | migrate`.

Kept thin: every training child imports this file too.
"""

import argparse
import sys


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m app", description="Layerscope: why a network trains or does not")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("serve", help="everything: migrate, then keep the web and the workers running")
    commands.add_parser("web", help="the web process alone").add_argument("--fd", type=int, help=argparse.SUPPRESS)
    commands.add_parser("worker", help="one worker process").add_argument("--name", default="worker")
    commands.add_parser("migrate", help="create or upgrade the databases")
    return run(parser.parse_args())


def run(arguments: argparse.Namespace) -> int:
    from app.logs import start_log
    from app.settings import BadSettings, load_settings

    start_log()
    try:
        settings = load_settings()
    except BadSettings as error:
        print(f"Layerscope can't start: {error}", file=sys.stderr)
        return 2
    if arguments.command == "web":
        from app.web import run_web

        run_web(settings, arguments.fd)
    elif arguments.command == "worker":
        from app.worker import run_worker

        run_worker(settings, arguments.name)
    elif arguments.command == "migrate":
        from app.serve import prepare

        prepare(settings)
    else:
        from app.serve import serve

        return serve(settings)
    return 0


if __name__ == "__main__":
    sys.exit(main())
