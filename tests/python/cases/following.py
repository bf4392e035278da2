"""Who follows what, and what is said about a note."""

from .stage import case, equal, ids


def person(stage):
    return stage.sg.find_one("HumanUser", [["login", "is", stage.login]], ["name"])


@case
def a_person_follows_and_unfollows(stage):
    user, shot = person(stage), stage.shot()
    equal(stage.sg.follow(user, shot)["followed"], True)
    equal([(row["type"], row["id"]) for row in stage.sg.followers(shot)], [("HumanUser", user["id"])])
    assert shot["id"] in ids(stage.sg.following(user, entity_type="Shot"))
    equal(stage.sg.unfollow(user, shot)["unfollowed"], True)
    equal(stage.sg.followers(shot), [])


@case
def what_is_followed_is_asked_for_by_project_and_type(stage):
    user, shot = person(stage), stage.shot()
    stage.sg.follow(user, shot)
    assert shot["id"] in ids(stage.sg.following(user, project=stage.project))
    assert shot["id"] not in [row["id"] for row in stage.sg.following(user, entity_type="Task")]
    stage.sg.unfollow(user, shot)
