"""Files of every kind that tell what is expected, read into one `Expectations`.

- `contents` (with `yaml_documents`): what lies in a file, by its bytes. `reading`: files and directories within bounds.
- `collection`: what was found so far, and everything that is wrong with it.
- `etc_tree`, `configuration`: a copy of the client's directory, read by the roles its .cfg files give.
- `clusters`: describe-clusters in all its shapes, and the trust anchors of the inner client.
- `joining`: clusters that two files tell of are one; what is kept apart, and what contradicts.
"""
