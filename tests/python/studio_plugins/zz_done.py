"""Comes last, and tells of each event that all plugins before it are done with it."""

import os


def registerCallbacks(reg):
    reg.registerCallback(os.environ["SG_NAME"], os.environ["SG_KEY"], done)


def done(sg, logger, event, args):
    logger.info("all are done with %d", event["id"])
