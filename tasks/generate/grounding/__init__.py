"""Does a row stand in its source, and can its question stand alone?"""
